print("enuflow")
